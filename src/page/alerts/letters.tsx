import type { Letter, Letters as LettersAnswer } from '../api/operations.ts';
import { Part } from '../controls/sheet.tsx';
import { useAnswer } from '../state/answer.ts';
import { Text } from '../text/text.tsx';
import { shortTime } from '../time/zone.ts';

/** The notices of the last week about a rule, the newest first. */
export function Letters({ rule, zone }: { rule: string; zone: string }) {
  const asked = useAnswer<LettersAnswer>(`alerts/${encodeURIComponent(rule)}/letters`);
  return (
    <Part asked={asked}>
      {({ items }) =>
        items.length === 0 ? (
          <p class="hint">No notice in the last week.</p>
        ) : (
          <LetterList letters={items.toReversed()} zone={zone} />
        )
      }
    </Part>
  );
}

type LetterListProps = {
  readonly letters: readonly Letter[];
  readonly zone: string;
  /** Whether they are only what would have been sent. */
  readonly areSupposed?: boolean;
};

export function LetterList({ letters, zone, areSupposed = false }: LetterListProps) {
  const now = Date.now();
  return (
    <ul class="letters">
      {letters.map((letter) => (
        <li key={`${letter.notice.id} ${letter.recipient}`}>
          <details>
            <summary>
              <span class="letter-when">{shortTime(letter.notice.at, zone, now)}</span>
              <span class="letter-subject">
                <Text text={letter.subject} />
              </span>
              <span class={letter.state === 'refused' ? 'fault' : 'hint'}>
                {areSupposed ? 'to' : `${letter.state} to`} <Text text={letter.recipient} />
              </span>
            </summary>
            {letter.failure !== undefined && (
              <p class="fault">
                <Text text={letter.failure} />
              </p>
            )}
            <pre class="letter-text" tabIndex={0}>
              {letter.text
                .trimEnd()
                .split('\n')
                .map((line, at) => (
                  <span key={at}>
                    <Text text={line} />
                    {'\n'}
                  </span>
                ))}
            </pre>
          </details>
        </li>
      ))}
    </ul>
  );
}
