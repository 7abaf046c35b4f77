import { type Fault, formatPath, type PathPart } from '../validate.ts';
import type { FilePosition, YamlSource } from './yaml.ts';

/** One line of a report: a place, and what is wrong there. */
export type Complaint = { readonly place: string; readonly message: string };

/** The syntax errors of a file or, if it has none, its invalid values, in the order of the text. */
export function complaintsOf(
  source: YamlSource,
  faults: readonly Fault[],
  pathText: (path: readonly PathPart[]) => string = formatPath,
): Complaint[] {
  if (source.faults.length > 0) return source.faults.map((fault) => complaintOf(fault.message, fault.place));
  const placed = faults.map((fault) => ({ ...fault, place: source.placeOf(fault) }));
  placed.sort((a, b) => (a.place?.line ?? 0) - (b.place?.line ?? 0) || (a.place?.column ?? 0) - (b.place?.column ?? 0));
  return placed.map(({ message, path, place }) => complaintOf(message, place, pathText(path)));
}

function complaintOf(message: string, place?: FilePosition, path = ''): Complaint {
  const parts = [place && `line ${place.line}:${place.column}`, path];
  return { place: parts.filter(Boolean).join(': ') || 'the file', message };
}
