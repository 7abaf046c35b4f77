import type { WindowAccount } from '../api/operations.ts';
import { More } from '../controls/more.tsx';
import { searchAddress } from '../state/address.ts';
import { termFor } from '../state/terms.ts';
import { count } from '../text/numbers.ts';
import { Text } from '../text/text.tsx';

const COLUMNS = [
  ['received', 'received'],
  ['stored', 'stored'],
  ['dropped', 'by a stage'],
  ['limited', 'by a limit'],
  ['dead', 'set aside'],
  ['waiting', 'waiting'],
  ['lost', 'lost'],
] as const;
const BAD = new Set(['limited', 'dead', 'lost']);
const STEP = 50;

/** The balance of each listener: what it received is the sum of what became of it. */
export function ListenerTable({ account }: { account: WindowAccount }) {
  const { listeners, total } = account;
  const hasNodes = new Set(listeners.map(({ node }) => node)).size > 1;
  const hasFound = listeners.some(({ found }) => found !== undefined);
  const sum = (name: 'kernel' | 'refused') => listeners.reduce((all, row) => all + row[name], 0);
  return (
    <div class="table-scroll" tabIndex={0} role="group" aria-label="By listener">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">listener</th>
            {COLUMNS.map(([name, head]) => (
              <th scope="col" class="number" key={name}>
                {head}
              </th>
            ))}
            <th scope="col" class="number never">
              by the kernel
            </th>
            <th scope="col" class="number">
              refused
            </th>
            {hasFound && (
              <th scope="col" class="number never">
                found
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {listeners.map((row) => (
            <tr key={`${row.node} ${row.name}`}>
              <th scope="row">
                <Text text={row.name} />
                {hasNodes && <span class="hint"> of node {row.node}</span>}
              </th>
              {COLUMNS.map(([name]) => (
                <Cell key={name} value={row[name]} isBad={BAD.has(name)} />
              ))}
              <Cell value={row.kernel} isBad={true} isApart={true} />
              <Cell value={row.refused} isBad={false} />
              {hasFound && <Cell value={row.found ?? 0} isBad={row.found !== row.stored} isApart={true} />}
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">together</th>
            {COLUMNS.map(([name]) => (
              <Cell key={name} value={total[name]} isBad={BAD.has(name)} />
            ))}
            <Cell value={sum('kernel')} isBad={true} isApart={true} />
            <Cell value={sum('refused')} isBad={false} />
            {hasFound && <td class="never" />}
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

/** A number; a dot for 0, so that what is not 0 is seen. */
function Cell({ value, isBad, isApart = false }: { value: number; isBad: boolean; isApart?: boolean }) {
  const classes = ['number', isApart ? 'never' : '', value === 0 ? 'zero' : isBad ? 'bad' : ''];
  return <td class={classes.filter(Boolean).join(' ')}>{count(value)}</td>;
}

/** What became of the messages of each host, those with the most first. */
export function HostTable({ account: { hosts, window } }: { account: WindowAccount }) {
  const from = window?.since === undefined ? 'all' : new Date(window.since).toISOString();
  return (
    <More items={hosts} step={STEP}>
      {(shown) => (
        <div class="table-scroll" tabIndex={0} role="group" aria-label="By host">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">host</th>
                <th scope="col" class="number">
                  stored
                </th>
                <th scope="col" class="number">
                  by a stage
                </th>
                <th scope="col" class="number">
                  set aside
                </th>
                <th scope="col" class="number">
                  waiting
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map(({ name, stored, dropped, dead, waiting }) => (
                <tr key={name}>
                  <th scope="row">
                    {name === '' ? (
                      <span class="hint">without a name</span>
                    ) : (
                      <a href={searchAddress({ query: termFor('hostname', name), from })}>
                        <Text text={name} />
                      </a>
                    )}
                  </th>
                  <Cell value={stored} isBad={false} />
                  <Cell value={dropped} isBad={false} />
                  <Cell value={dead} isBad={true} />
                  <Cell value={waiting} isBad={false} />
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </More>
  );
}

/** Why messages were dropped: each reason of a listener, and each stage of the pipeline. */
export function Reasons({ account: { listeners, stages } }: { account: WindowAccount }) {
  const rows = [
    ...listeners.flatMap(({ name, reasons }) =>
      Object.entries(reasons).map(([reason, number]) => ({
        key: `${name} ${reason}`,
        what: reason,
        where: name,
        number,
      })),
    ),
    ...stages.map(({ name, dropped }) => ({ key: `stage ${name}`, what: name, where: 'pipeline', number: dropped })),
  ].filter(({ number }) => number > 0);
  if (rows.length === 0) return null;
  return (
    <section aria-label="Why">
      <h2>Why</h2>
      <ul class="reasons">
        {rows.map(({ key, what, where, number }) => (
          <li key={key}>
            <span class="number">{count(number)}</span>
            <span>
              <Text text={what} />{' '}
              <span class="hint">
                <Text text={where} />
              </span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
