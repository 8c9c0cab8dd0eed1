/** Rows of figures: a table where there is room, a block a row where there is none. */
import type { ComponentChildren } from 'preact';

export interface Column<Row> {
  readonly key: string;
  readonly name: string;
  readonly hint?: string;
  /** Right-aligned. */
  readonly number?: boolean;
  cell(row: Row): ComponentChildren;
}

interface TableProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly empty: string;
  keyOf(row: Row): string;
  readonly sorted?: { readonly key: string; readonly falling: boolean };
  onSort?(key: string): void;
}

export function Table<Row>({ label, columns, rows, empty, keyOf, sorted, onSort }: TableProps<Row>) {
  if (rows.length === 0) return <p class="empty">{empty}</p>;
  return (
    <div class="table-scroll">
      <table class="table" aria-label={label}>
        <thead>
          <tr>
            {columns.map(({ key, name, hint, number = false }) => (
              <th
                key={key}
                scope="col"
                class={number ? 'number' : undefined}
                title={hint}
                aria-sort={sorted?.key === key ? (sorted.falling ? 'descending' : 'ascending') : undefined}
              >
                {onSort ? (
                  <button type="button" class="table-sort" onClick={() => onSort(key)}>
                    {name}
                    {sorted?.key === key && <span aria-hidden="true">{sorted.falling ? ' ↓' : ' ↑'}</span>}
                  </button>
                ) : (
                  name
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} data-key={keyOf(row)}>
              {columns.map(({ key, name, number = false, cell }, index) =>
                index === 0 ? (
                  <th key={key} scope="row">
                    {cell(row)}
                  </th>
                ) : (
                  <td key={key} class={number ? 'number' : undefined} data-label={name}>
                    {cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
