import { useSignal } from '@preact/signals';
import { serverTime } from '../api/client.ts';
import type { ClockRow, Clocks, Hosts, ShownHost } from '../api/operations.ts';
import { More } from '../controls/more.tsx';
import { Part, Sheet } from '../controls/sheet.tsx';
import { askToExpect } from '../hosts/actions.ts';
import { HostRow } from '../hosts/row.tsx';
import { useAnswer } from '../state/answer.ts';
import { may } from '../state/may.ts';
import { zone } from '../state/view.ts';
import { count, counted } from '../text/numbers.ts';
import { ReadOnly } from '../controls/read-only.tsx';

/** The ledger changes once a minute. */
const EVERY = 30_000;
const STEP = 100;
/** Silent hosts whose last line is shown: each costs a search. */
const MAX_LINES = 20;

const KINDS = ['all', 'silent', 'clock', 'expected'] as const;
type Kind = (typeof KINDS)[number];

/** Every host that ever sent, the silent ones first: its rhythm, its last line, its clock. */
export function HostsScreen() {
  const hosts = useAnswer<Hosts>('hosts', {}, EVERY);
  const clocks = useAnswer<Clocks>('clocks', {}, EVERY);
  const kind = useSignal<Kind>('all');
  const wanted = useSignal('');
  const reload = async () => {
    await Promise.all([hosts.reload(), clocks.reload()]);
  };
  const byHost = Map.groupBy(clocks.value?.items ?? [], ({ host }) => host);
  const all = hosts.value?.items ?? [];
  const silent = all.filter(({ silentSince }) => silentSince !== undefined).length;
  return (
    <Sheet
      title="Hosts"
      about={
        hosts.value &&
        (silent > 0 ? `${count(silent)} silent of ${counted(all.length, 'host')}` : counted(all.length, 'host'))
      }
      tools={
        <>
          {may('operate') && (
            <button type="button" onClick={() => askToExpect(undefined, reload)}>
              expect a host
            </button>
          )}
          <ReadOnly needs="operate" />
        </>
      }
    >
      <Part asked={hosts}>
        {({ items }) =>
          items.length === 0 ? (
            <NoHosts />
          ) : (
            <>
              <Chooser items={items} byHost={byHost} kind={kind} wanted={wanted} />
              <HostList
                items={sorted(chosen(items, byHost, kind.value, wanted.value))}
                byHost={byHost}
                reload={reload}
                key={`${kind.value} ${wanted.value}`}
              />
            </>
          )
        }
      </Part>
    </Sheet>
  );
}

type ByHost = ReadonlyMap<string, readonly ClockRow[]>;
type ListProps = {
  readonly items: readonly ShownHost[];
  readonly byHost: ByHost;
  readonly reload: () => Promise<void>;
};

function HostList({ items, byHost, reload }: ListProps) {
  const now = serverTime();
  if (items.length === 0) return <p class="nothing">No host is like that.</p>;
  return (
    <More items={items} step={STEP}>
      {(shown) => (
        <div class="hosts-table">
          <div class="hosts-heads" aria-hidden="true">
            <span>host</span>
            <span>last line</span>
            <span>rhythm, Monday to Sunday</span>
            <span>lines</span>
            <span>clock</span>
          </div>
          <ul>
            {shown.map((host, index) => (
              <HostRow
                key={host.host}
                host={host}
                clocks={byHost.get(host.host) ?? []}
                zone={zone.value}
                now={now}
                hasLine={index < MAX_LINES}
                reload={reload}
              />
            ))}
          </ul>
        </div>
      )}
    </More>
  );
}

type ChooserProps = {
  readonly items: readonly ShownHost[];
  readonly byHost: ByHost;
  readonly kind: { value: Kind };
  readonly wanted: { value: string };
};

const NAMES: Readonly<Record<Kind, string>> = {
  all: 'all',
  silent: 'silent',
  clock: 'clock wrong',
  expected: 'never sent',
};

/** Which hosts are listed: by what is up with them, and by a part of their names. */
function Chooser({ items, byHost, kind, wanted }: ChooserProps) {
  return (
    <div class="row chooser">
      <input
        type="search"
        aria-label="Hosts whose name contains"
        placeholder="name"
        value={wanted.value}
        onInput={(event) => (wanted.value = event.currentTarget.value)}
      />
      {KINDS.map((each) => (
        <button type="button" key={each} aria-pressed={kind.value === each} onClick={() => (kind.value = each)}>
          {NAMES[each]} <span class="hint">{count(chosen(items, byHost, each, '').length)}</span>
        </button>
      ))}
    </div>
  );
}

function chosen(items: readonly ShownHost[], byHost: ByHost, kind: Kind, part: string): ShownHost[] {
  const text = part.trim().toLowerCase();
  const isOff = ({ host }: ShownHost) => byHost.get(host)?.some(({ state }) => state === 'off') === true;
  return items.filter(
    (host) =>
      host.host.toLowerCase().includes(text) &&
      (kind === 'all' ||
        (kind === 'silent' && host.silentSince !== undefined) ||
        (kind === 'clock' && isOff(host)) ||
        (kind === 'expected' && host.messages === 0)),
  );
}

/** Silent hosts first, the longest silence above; retired ones last; the others by name. */
function sorted(items: readonly ShownHost[]): ShownHost[] {
  const rank = ({ silentSince, retired }: ShownHost) => (silentSince !== undefined ? 0 : retired ? 2 : 1);
  return items.toSorted(
    (a, b) =>
      rank(a) - rank(b) ||
      (a.silentSince ?? 0) - (b.silentSince ?? 0) ||
      a.host.localeCompare(b.host, 'en', { numeric: true }),
  );
}

function NoHosts() {
  return (
    <div class="nothing">
      <p>No host has sent anything yet.</p>
      <p class="hint">
        A host appears here within a minute of its first line. Names that should send can be expected before.
      </p>
    </div>
  );
}
