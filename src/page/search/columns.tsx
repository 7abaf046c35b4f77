import { DEFAULT_COLUMNS } from '../state/address.ts';
import { moveColumn, toggleColumn } from '../state/columns.ts';
import { change, view } from '../state/view.ts';
import { Menu } from '../controls/menu.tsx';
import { Text } from '../text/text.tsx';

const NAMES = new Map([
  ['hostname', 'host'],
  ['appname', 'program'],
]);

/** The names above the columns; each opens what can be done with its column. */
export function ColumnHeads() {
  const { columns } = view.value;
  return (
    <div class="heads" role="group" aria-label="Columns">
      {columns.map((column, index) => (
        <Menu
          key={column}
          class={`head head-${column}`}
          title={`Column ${column}`}
          label={<Text text={NAMES.get(column) ?? column} />}
        >
          {(close) => (
            <div class="column-menu">
              <button type="button" disabled={index === 0} onClick={() => moveColumn(index, -1)}>
                ← to the left
              </button>
              <button type="button" disabled={index === columns.length - 1} onClick={() => moveColumn(index, 1)}>
                → to the right
              </button>
              <button
                type="button"
                disabled={columns.length === 1}
                onClick={() => {
                  close();
                  toggleColumn(column);
                }}
              >
                remove
              </button>
              <button type="button" onClick={() => change({ columns: DEFAULT_COLUMNS })}>
                the usual columns
              </button>
            </div>
          )}
        </Menu>
      ))}
    </div>
  );
}
