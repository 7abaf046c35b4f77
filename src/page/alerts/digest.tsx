import { useSignal } from '@preact/signals';
import type { Digest as DigestAnswer } from '../api/operations.ts';
import { Part } from '../controls/sheet.tsx';
import { useAnswer } from '../state/answer.ts';
import { may } from '../state/may.ts';
import { Text } from '../text/text.tsx';
import { askToSendDigest } from './actions.ts';

/** The daily digest as it would be sent now. */
export function Digest() {
  const isOpen = useSignal(false);
  return (
    <section class="digest" aria-label="Digest">
      <button type="button" class="quiet" aria-expanded={isOpen.value} onClick={() => (isOpen.value = !isOpen.value)}>
        the digest as of now
      </button>
      {isOpen.value && <DigestText />}
    </section>
  );
}

function DigestText() {
  const asked = useAnswer<DigestAnswer>('digest');
  return (
    <Part asked={asked}>
      {({ subject, text }) => (
        <div class="card">
          <h2>
            <Text text={subject} />
          </h2>
          <pre class="letter-text" tabIndex={0}>
            {text.split('\n').map((line, at) => (
              <span key={at}>
                <Text text={line} />
                {'\n'}
              </span>
            ))}
          </pre>
          {may('operate') && (
            <p class="row">
              <button type="button" onClick={() => askToSendDigest()}>
                send it now
              </button>
            </p>
          )}
        </div>
      )}
    </Part>
  );
}
