import type { LogMessage, StructuredData, StructuredElement } from './message.ts';
import { namedValues, pairsOf, setOwn } from './named-values.ts';
import { formatStructuredData, parseStructuredData } from './structured-data.ts';

type StructuredKeys = Pick<LogMessage, 'structured_data' | 'structured_text'>;

/** JavaScript moves such keys of an object to its front. */
const WHOLE_NUMBER = /^\d+$/;

/** The keys of a message for STRUCTURED-DATA as received. */
export function structuredKeys(text: string): StructuredKeys & { readonly structured_data: StructuredData } {
  const elements = parseStructuredData(text);
  const structured_data = structuredObject(elements);
  if (!mayReorder(elements, structured_data)) return { structured_data };
  const structured_text = formatStructuredData(elements);
  return structured_text === objectText(structured_data) ? { structured_data } : { structured_data, structured_text };
}

/** The text that `structuredKeys` reads back to the same keys; undefined without structured data. */
export function structuredText({ structured_data, structured_text }: StructuredKeys): string | undefined {
  return structured_text ?? (structured_data && objectText(structured_data));
}

/**
 * Elements as an object by SD-ID. An SD-ID must not occur twice in a message (RFC 5424 §6.3.2); if
 * it does, the parameters of all its elements count as those of one.
 */
function structuredObject(elements: readonly StructuredElement[]): StructuredData {
  const object: Record<string, StructuredData[string]> = {};
  for (const [id, parts] of Map.groupBy(elements, (element) => element.id)) {
    setOwn(object, id, namedValues(parts.flatMap(({ params }) => params)));
  }
  return object;
}

function objectText(object: StructuredData): string {
  return formatStructuredData(Object.entries(object).map(([id, params]) => ({ id, params: pairsOf(params) })));
}

/** Whether the object may have lost the order of the elements; false for nearly all messages, at little cost. */
function mayReorder(elements: readonly StructuredElement[], object: StructuredData): boolean {
  if (elements.length !== Object.keys(object).length) return true;
  return elements.some(
    ({ id, params }) =>
      WHOLE_NUMBER.test(id) ||
      params.length !== Object.keys(object[id]!).length ||
      params.some(({ name }) => WHOLE_NUMBER.test(name)),
  );
}
