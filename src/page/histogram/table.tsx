import { zone } from '../state/view.ts';
import { count } from '../text/numbers.ts';
import { shortTime } from '../time/zone.ts';
import type { Picture } from './paint.ts';
import { errorsOf } from './stack.ts';

/** The histogram as numbers. */
export function BucketTable({ picture: { buckets } }: { picture: Picture }) {
  const now = Date.now();
  return (
    <div class="bucket-table" tabIndex={0} role="group" aria-label="Messages over time, as a table">
      <table>
        <thead>
          <tr>
            <th scope="col">from</th>
            <th scope="col">messages</th>
            <th scope="col">err or worse</th>
          </tr>
        </thead>
        <tbody>
          {buckets
            .filter(({ total }) => total > 0)
            .map((bucket) => (
              <tr key={bucket.at}>
                <td>{shortTime(bucket.at, zone.value, now)}</td>
                <td class="number">{count(bucket.total)}</td>
                <td class="number">{count(errorsOf(bucket))}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}
