import type { WindowAccount } from '../api/operations.ts';
import { count } from '../text/numbers.ts';
import { Text } from '../text/text.tsx';

const COLUMNS = [
  ['sent', 'sent there'],
  ['taken', 'taken here'],
  ['again', 'again'],
  ['missing', 'missing'],
] as const;

/** Servers that forward here: what each has sent since the forward there first began, and what is here of it. */
export function Relays({ account: { relays = [] } }: { account: WindowAccount }) {
  if (relays.length === 0) return null;
  return (
    <section aria-label="By relay">
      <h2>By relay</h2>
      <p class="hint">Since each relay was first heard, not in the window alone.</p>
      <div class="table-scroll" tabIndex={0} role="group" aria-label="By relay">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">relay</th>
              {COLUMNS.map(([name, head]) => (
                <th scope="col" class="number" key={name}>
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {relays.map((row) => (
              <tr key={`${row.relay} ${row.from}`}>
                <th scope="row">
                  <Text text={row.relay} />{' '}
                  <span class="hint">
                    <Text text={row.from.slice(row.from.indexOf('/') + 1)} />
                  </span>
                </th>
                {COLUMNS.map(([name]) => (
                  <td class={`number ${name === 'missing' && (row[name] ?? 0) > 0 ? 'bad' : ''}`} key={name}>
                    {row[name] === undefined ? '–' : count(row[name])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
