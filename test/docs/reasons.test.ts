/** The page of reasons is written from the list itself: `npx vitest run test/docs --update` writes it anew. */
import { expect, test } from 'vitest';
import { FUNNEL_STAGES, REASON_LIST, REASONS } from '../../src/core/reason.ts';

const STAGE_WORDS: Record<string, string> = {
  requests: 'The request as a whole',
  targeting: 'Targeting',
  creative_fit: 'Creatives that fit',
  frequency_caps: 'Frequency caps',
  pacing: 'Pacing',
  budget: 'Budget',
  value: 'Value',
  price: 'Price',
  auction: 'The auction',
  delivery: 'Delivery',
};

function page(): string {
  const lines = [
    '# Why there was no bid',
    '',
    'Every refusal has one of these reasons, by the stage of the funnel at which it happens. `nbr` is the no-bid reason code of',
    'OpenRTB 3.0 that the answer carries where the exchange takes answers without bids; an exchange file may agree another one',
    '(`noBidCodes`). Operators count a reason by the metric `bidder_no_bid_total{reason="…"}` for whole requests and by',
    '`GET /api/v1/funnel` for line items; `POST /api/v1/explain` and the console say it of one request.',
  ];
  for (const stage of FUNNEL_STAGES) {
    const reasons = REASON_LIST.filter((reason) => REASONS[reason].stage === stage);
    if (reasons.length === 0) continue;
    lines.push('', `## ${STAGE_WORDS[stage]}`, '', '| Reason | `nbr` | What to do |', '| --- | ---: | --- |');
    for (const reason of reasons)
      lines.push(
        `| \`${reason}\` | ${REASONS[reason].nbr} | ${REASONS[reason].remedy.replaceAll('|', '\\|')} |`,
      );
  }
  return `${lines.join('\n')}\n`;
}

test('docs/reasons.md says what the list of reasons says', async () => {
  await expect(page()).toMatchFileSnapshot('../../docs/reasons.md');
});
