/** Whose an object of the book is. */
import type { BookObject, EditedList } from '../core/change.ts';
import type { BookObjects } from './edits.ts';

/** The advertiser's id; undefined for what belongs to all, and for what leads nowhere. */
export function advertiserOf(
  list: EditedList,
  object: Pick<BookObject, 'id'>,
  objects: Pick<BookObjects, 'campaigns'>,
): string | undefined {
  const { id, advertiserId, campaignId } = object as BookObject;
  switch (list) {
    case 'advertisers':
      return id;
    case 'campaigns':
    case 'creatives':
    case 'conversionActions':
      return typeof advertiserId === 'string' ? advertiserId : undefined;
    case 'lineItems': {
      const campaign = objects.campaigns.find((each) => each.id === campaignId);
      return campaign && advertiserOf('campaigns', campaign, objects);
    }
    default:
      return undefined;
  }
}
