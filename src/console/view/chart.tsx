/** Lines over a common axis, with marks; the pointer tells the figures of a place, and a table has them for those who do not point. */
import { useSignal } from '@preact/signals';
import type { Series } from '../chart-model.ts';
import { frameOf, HEIGHT, nearest, polyline, shareX, shareY, ticks, WIDTH } from '../chart-model.ts';
import { t } from '../language.ts';

export interface Mark {
  readonly x: number;
  readonly text: string;
}

interface ChartProps {
  readonly label: string;
  readonly series: readonly Series[];
  readonly marks?: readonly Mark[];
  xText(x: number): string;
  yText(y: number): string;
}

const Y_PARTS = 4;
const X_PARTS = 4;
const ROWS_MAX = 60;

export function Chart({ label, series, marks = [], xText, yText }: ChartProps) {
  const at = useSignal<number | undefined>(undefined);
  const frame = frameOf(
    series,
    marks.map(({ x }) => x),
  );
  if (!frame || series.every(({ points }) => points.length < 2))
    return <p class="empty">{t('chart.nothing')}</p>;
  const inside = marks.filter(({ x }) => x >= frame.xMin && x <= frame.xMax);
  const percent = (share: number): string => `${(100 * share).toFixed(2)}%`;
  return (
    <figure class="chart" aria-label={label}>
      <figcaption class="chart-legend">
        {series.map(({ name, tone, points }) => (
          <span key={name} class="chart-name" data-tone={tone}>
            {name}
            {at.value !== undefined && <strong> {yText(nearest(points, at.value)?.y ?? 0)}</strong>}
          </span>
        ))}
        {at.value !== undefined && <span class="chart-at">{xText(at.value)}</span>}
      </figcaption>
      <div class="chart-body">
        <div class="chart-y" aria-hidden="true">
          {ticks(0, frame.yMax, Y_PARTS).map((value) => (
            <span key={value} style={{ top: percent(shareY(frame, value)) }}>
              {yText(value)}
            </span>
          ))}
        </div>
        <div
          class="chart-plot"
          onPointerMove={(event) => {
            const box = event.currentTarget.getBoundingClientRect();
            const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
            at.value = frame.xMin + share * (frame.xMax - frame.xMin);
          }}
          onPointerLeave={() => {
            at.value = undefined;
          }}
        >
          <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
            {ticks(0, 1, Y_PARTS).map((share) => (
              <line
                key={share}
                class="chart-grid"
                x1="0"
                x2={WIDTH}
                y1={HEIGHT * share}
                y2={HEIGHT * share}
              />
            ))}
            {series.map(({ name, tone, points }) => (
              <g key={name} data-tone={tone}>
                {tone === 'main' && points.length > 1 && (
                  <polygon
                    points={`${WIDTH * shareX(frame, points[0]!.x)},${HEIGHT} ${polyline(frame, points)} ${WIDTH * shareX(frame, points.at(-1)!.x)},${HEIGHT}`}
                  />
                )}
                <polyline points={polyline(frame, points)} />
              </g>
            ))}
          </svg>
          {at.value !== undefined && (
            <span class="chart-cursor" style={{ left: percent(shareX(frame, at.value)) }} />
          )}
          {inside.map((mark) => (
            <span
              key={`${mark.x}/${mark.text}`}
              class="chart-mark"
              style={{ left: percent(shareX(frame, mark.x)) }}
              title={mark.text}
            />
          ))}
        </div>
        <div class="chart-x" aria-hidden="true">
          {ticks(frame.xMin, frame.xMax, X_PARTS).map((value) => (
            <span key={value}>{xText(value)}</span>
          ))}
        </div>
      </div>
      {inside.length > 0 && (
        <ul class="chart-marks">
          {inside.map((mark) => (
            <li key={`${mark.x}/${mark.text}`}>
              {xText(mark.x)}: {mark.text}
            </li>
          ))}
        </ul>
      )}
      <details class="chart-table">
        <summary>{t('chart.table')}</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">{t('chart.place')}</th>
              {series.map(({ name }) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {(series[0]?.points ?? []).slice(-ROWS_MAX).map(({ x }) => (
              <tr key={x}>
                <th scope="row">{xText(x)}</th>
                {series.map(({ name, points }) => (
                  <td key={name}>{yText(nearest(points, x)?.y ?? 0)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}
