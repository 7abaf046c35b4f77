import { useSignal } from '@preact/signals';
import { HostTable, ListenerTable, Reasons } from '../account/balance.tsx';
import { Gaps } from '../account/gaps.tsx';
import { Relays } from '../account/relays.tsx';
import { balanceOf, verdictOf } from '../account/sentence.ts';
import { WindowForm } from '../account/window-form.tsx';
import type { WindowAccount } from '../api/operations.ts';
import { Part, Sheet } from '../controls/sheet.tsx';
import { useAnswer } from '../state/answer.ts';
import { runs, view, zone } from '../state/view.ts';
import { Text } from '../text/text.tsx';
import { dateAndClock, offsetLabel } from '../time/zone.ts';

/** A window that ends now is asked for again: what waited is stored soon. */
const EVERY = 15_000;

/** What was received in a window, and what became of it: the balance, its reasons, and the gaps. */
export function AccountScreen() {
  const { from, to } = view.value;
  const verify = useSignal(false);
  const parameters = { since: from, until: to, zone: zone.value, ...(verify.value && { verify: true }) };
  // The same relative window chosen again is another one by now.
  const asked = useAnswer<WindowAccount>('account', parameters, to === '' ? EVERY : 0, runs.value);
  return (
    <Sheet title="Account" tools={<WindowForm />}>
      <Part asked={asked}>
        {(account) => (
          <>
            <Verdict account={account} />
            <label class="check">
              <input
                type="checkbox"
                checked={verify.value}
                onChange={(event) => (verify.value = event.currentTarget.checked)}
              />
              count again what the store holds (takes longer)
            </label>
            <h2>By listener</h2>
            {account.listeners.length === 0 ? (
              <p class="hint">Nothing was received in this window.</p>
            ) : (
              <ListenerTable account={account} />
            )}
            <Reasons account={account} />
            <Relays account={account} />
            <Gaps
              gaps={account.gaps ?? []}
              leftOut={account.gapsLeftOut ?? 0}
              since={account.window?.since}
              until={account.window?.until ?? account.until}
              isCovered={(account.uncovered ?? []).length === 0}
              zone={zone.value}
            />
            {account.hosts.length > 0 && (
              <>
                <h2>By host</h2>
                <HostTable account={account} />
              </>
            )}
          </>
        )}
      </Part>
    </Sheet>
  );
}

function Verdict({ account }: { account: WindowAccount }) {
  const { since, until, faults, uncovered = [] } = account;
  const time = (ms: number) => dateAndClock(ms, zone.value).slice(0, 19);
  return (
    <section class={`card verdict ${faults.length > 0 ? 'verdict-bad' : ''}`} aria-label="Balance">
      <p class="verdict-balance">{balanceOf(account)}</p>
      <p>{verdictOf(account)}</p>
      {faults.length > 0 && (
        <ul class="faults">
          {faults.map((fault) => (
            <li key={fault}>
              <Text text={fault} />
            </li>
          ))}
        </ul>
      )}
      {uncovered.map((reason) => (
        <p class="warning" key={reason}>
          <Text text={reason} />
        </p>
      ))}
      <p class="hint">
        {since <= 0 ? 'up to' : `${time(since)} to`} {time(until)} {offsetLabel(until, zone.value)}
      </p>
    </section>
  );
}
