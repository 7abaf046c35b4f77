import { type Fault, formatPath, type PathPart } from '../validate.ts';
import type { FilePosition, YamlSource } from './yaml.ts';

/** One line of a report: a place, and what is wrong there. */
export type Complaint = { readonly place: string; readonly message: string };

/** The syntax errors and the invalid values of a file, in the order of the text; of a place that has both, the former. */
export function complaintsOf(
  source: YamlSource,
  faults: readonly Fault[],
  pathText: (path: readonly PathPart[]) => string = formatPath,
): Complaint[] {
  const syntax = source.faults.map(({ message, place }) => ({ message, place, path: [] as readonly PathPart[] }));
  const isTold = (place: FilePosition | undefined): boolean =>
    syntax.some((one) => one.place?.line === place?.line && one.place?.column === place?.column);
  const values = faults
    .map((fault) => ({ message: fault.message, path: fault.path, place: source.placeOf(fault) }))
    .filter(({ place }) => !isTold(place));
  const placed = [...syntax, ...values];
  placed.sort((a, b) => (a.place?.line ?? 0) - (b.place?.line ?? 0) || (a.place?.column ?? 0) - (b.place?.column ?? 0));
  return placed.map(({ message, path, place }) => complaintOf(message, place, pathText(path)));
}

function complaintOf(message: string, place?: FilePosition, path = ''): Complaint {
  const parts = [place && `line ${place.line}:${place.column}`, path];
  return { place: parts.filter(Boolean).join(': ') || 'the file', message };
}
