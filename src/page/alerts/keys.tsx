import type { Incident, RuleRow } from '../api/operations.ts';
import { More } from '../controls/more.tsx';
import { count } from '../text/numbers.ts';
import { Text } from '../text/text.tsx';
import { keyName, linesOf } from './state.ts';

const STEP = 8;
const MAX_NAME = 255;

/** What makes a condition hold: the values that it is judged by, with their counts and the lines of each. */
export function Keys({ rule, incident }: { rule: RuleRow; incident: Incident }) {
  const keys = incident.keys.toSorted((a, b) => b[1] - a[1]);
  const most = Math.max(1, ...keys.map(([, number]) => number));
  const left = (incident.groups ?? keys.length) - keys.length;
  return (
    <>
      <More items={keys} step={STEP}>
        {(shown) => (
          <ul class="keys" aria-label={`By ${rule.by.join(', ')}`}>
            {shown.map(([key, number]) => (
              <li key={key}>
                <a href={linesOf(rule, incident, key)}>
                  <Text text={keyName(key).slice(0, MAX_NAME)} />
                </a>
                <svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                  <rect width={(100 * number) / most} height="8" />
                </svg>
                <span class="number">{count(number)}</span>
              </li>
            ))}
          </ul>
        )}
      </More>
      {left > 0 && <p class="hint">and {count(left)} more with fewer lines</p>}
    </>
  );
}
