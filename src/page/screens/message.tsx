import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Message, Row } from '../api/answers.ts';
import { ask } from '../api/client.ts';
import { Failure } from '../api/failure.ts';
import { Sheet } from '../controls/sheet.tsx';
import { Gone } from '../details/gone.tsx';
import { MessageView } from '../details/details.tsx';
import { plainLine } from '../details/around.tsx';
import { searchAddress } from '../state/address.ts';
import { session } from '../state/session.ts';
import { path, zone } from '../state/view.ts';
import { termFor } from '../state/terms.ts';

const STEP = 10;
const MOST = 500;

type Found = { readonly message: Message; readonly items: readonly Row[] };

/** One message in its surroundings, by the link that others sent. If it is gone: when, and why. */
export function MessageScreen() {
  const id = path.value.slice('/m/'.length);
  const found = useSignal<Found | undefined>(undefined);
  const failure = useSignal<Failure | undefined>(undefined);
  const context = useSignal(STEP);
  useEffect(() => {
    const abort = new AbortController();
    ask<Found>(`messages/${encodeURIComponent(id)}`, { context: context.value }, abort.signal).then(
      (answer) => {
        found.value = answer;
        failure.value = undefined;
      },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        found.value = undefined;
        failure.value = error instanceof Failure ? error : new Failure(0, { message: String(error) });
      },
    );
    return () => abort.abort();
    // The session decides what is seen: after a login it is asked for again.
  }, [id, context.value, session.value?.user]);
  const message = found.value?.message._id === id ? found.value.message : undefined;
  return (
    <Sheet
      title="Message"
      tools={
        message && (
          <a class="button" href={searchOf(message)}>
            open in the search
          </a>
        )
      }
    >
      {failure.value && <Gone failure={failure.value} id={id} zone={zone.value} />}
      {!message && !failure.value && (
        <p class="hint" aria-busy="true">
          loading
        </p>
      )}
      {message && found.value && (
        <>
          <Surroundings rows={found.value.items} id={id} />
          <p class="row">
            {context.value < MOST && (
              <button type="button" class="quiet" onClick={() => (context.value = Math.min(MOST, context.value * 5))}>
                more lines around it
              </button>
            )}
            <span class="hint">
              {found.value.items.length > 1 ? 'lines of the same host' : 'its host sent no other line'}
            </span>
          </p>
          <div class="card">
            <MessageView message={message} hasAround={false} />
          </div>
        </>
      )}
    </Sheet>
  );
}

/** The lines before and after it, with it marked and in view. */
function Surroundings({ rows, id }: { rows: readonly Row[]; id: string }) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const look = { columns: ['time', 'level', 'appname', 'message'], zone: zone.value, hasDates: true };
    list.current?.replaceChildren(...rows.map((row) => plainLine(row, id, look)));
    list.current?.querySelector('.line-here')?.scrollIntoView({ block: 'center' });
  }, [rows, zone.value]);
  return <div class="around-lines surroundings" ref={list} tabIndex={0} role="group" aria-label="Lines around it" />;
}

/** The search for the minutes around it, with it in the details. */
function searchOf({ _id, received_at, hostname }: Message): string {
  const at = Date.parse(received_at);
  return searchAddress({
    query: hostname === undefined ? '' : termFor('hostname', hostname),
    from: new Date(at - 300_000).toISOString(),
    to: new Date(at + 300_000).toISOString(),
    selected: _id,
  });
}
