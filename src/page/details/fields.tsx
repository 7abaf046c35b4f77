import type { Message } from '../api/answers.ts';
import { fieldsOf } from '../list/values.ts';
import { toggleColumn } from '../state/columns.ts';
import { termFor, withTerm } from '../state/terms.ts';
import { go, view } from '../state/view.ts';
import { Text } from '../text/text.tsx';

/** Every field with what can be done with its value. */
export function FieldTable({ message }: { message: Message }) {
  return (
    <table class="fields">
      <caption class="unseen">Fields</caption>
      <tbody>
        {fieldsOf(message).map(({ field, value }) => (
          <tr key={`${field} ${value}`}>
            <th scope="row">
              <Text text={shortened(field)} />
            </th>
            <td class="field-value">
              <Text text={value.slice(0, 2000)} />
            </td>
            <td class="field-actions">
              <FieldActions field={field} value={value} />
            </td>
          </tr>
        ))}
        <tr>
          <th scope="row">_id</th>
          <td class="field-value">{message._id}</td>
          <td />
        </tr>
      </tbody>
    </table>
  );
}

function shortened(field: string): string {
  return field.length > 100 ? `${field.slice(0, 100)}…` : field;
}

function FieldActions({ field, value }: { field: string; value: string }) {
  // Queries know levels by the name of the severity.
  const term = termFor(field === 'level' ? 'severity' : field, value.slice(0, 900));
  const filter = (wanted: 'for' | 'out') => go({ query: withTerm(view.value.query, term, wanted), around: '' });
  const column = field;
  return (
    <>
      <button
        type="button"
        class="quiet"
        title={`Only ${term} (+)`}
        aria-label={`Filter for ${field}`}
        data-key="+"
        onClick={() => filter('for')}
      >
        +
      </button>
      <button
        type="button"
        class="quiet"
        title={`Without ${term} (-)`}
        aria-label={`Filter out ${field}`}
        data-key="-"
        onClick={() => filter('out')}
      >
        −
      </button>
      <button
        type="button"
        class="quiet"
        title="Show it as a column, or no longer"
        aria-label={`Column ${field}`}
        aria-pressed={view.value.columns.includes(column)}
        onClick={() => toggleColumn(column)}
      >
        ▥
      </button>
    </>
  );
}
