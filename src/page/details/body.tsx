import { useSignal } from '@preact/signals';
import type { Message } from '../api/answers.ts';
import { wordsOf } from '../state/terms.ts';
import { view } from '../state/view.ts';
import { markerOf } from '../text/pieces.ts';
import { bytes } from '../text/numbers.ts';
import { Text } from '../text/text.tsx';

/** Texts above this many characters are shown whole only when asked for. */
const LONG = 16_384;

/** The text of the message, wrapped; JSON is laid out if the text is nothing else. */
export function Body({ message }: { message: Message }) {
  const isWhole = useSignal(false);
  const isRaw = useSignal(false);
  const text = message.message;
  const pretty = isRaw.value ? undefined : prettyJson(text);
  const shown = pretty ?? text;
  const isCut = shown.length > LONG && !isWhole.value;
  return (
    <div class="body">
      <pre class="body-text" tabIndex={0}>
        {lines(isCut ? shown.slice(0, LONG) : shown).map((line, index) => (
          <span class="body-line" key={index}>
            <Text text={line} marks={markerOf(wordsOf(view.value.query))} />
            {'\n'}
          </span>
        ))}
      </pre>
      <p class="row">
        {isCut && (
          <button type="button" class="quiet" onClick={() => (isWhole.value = true)}>
            show all {bytes(shown.length)}
          </button>
        )}
        {prettyJson(text) !== undefined && (
          <button type="button" class="quiet" aria-pressed={isRaw.value} onClick={() => (isRaw.value = !isRaw.value)}>
            as it came
          </button>
        )}
        {message.length !== undefined && <span class="hint">cut from {bytes(message.length)}</span>}
      </p>
    </div>
  );
}

/** Here, unlike in the list, a line feed ends a line. */
function lines(text: string): string[] {
  return text.split('\n');
}

function prettyJson(text: string): string | undefined {
  const start = text.trimStart()[0];
  if ((start !== '{' && start !== '[') || text.length > LONG) return undefined;
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return undefined;
  }
}
