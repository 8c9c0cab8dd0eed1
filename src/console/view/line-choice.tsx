/** Which line item. */
import { plain } from '../format.ts';
import { t } from '../language.ts';
import { overview } from '../state.ts';

interface LineChoiceProps {
  readonly chosen: string | undefined;
  onChoose(id: string): void;
}

export function LineChoice({ chosen, onChoose }: LineChoiceProps) {
  return (
    <label class="creatives-choice">
      <span>{t('col.lineItem')}</span>
      <select value={chosen} onChange={(event) => onChoose(event.currentTarget.value)}>
        {overview.value?.campaigns.map((campaign) => (
          <optgroup key={campaign.id} label={plain(campaign.name)}>
            {campaign.lines.map((line) => (
              <option key={line.id} value={line.id}>
                {plain(line.name)}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </label>
  );
}
