import type { Problem } from '../../ask/contract.ts';

/** A request that was not answered as asked. Its message is a sentence for people. */
export class Failure extends Error {
  /** The status of the answer; 0 if none came. */
  readonly status: number;
  readonly problem: Partial<Problem> & { readonly title?: string; readonly detail?: string };

  constructor(status: number, problem: Failure['problem']) {
    super(problem.detail ?? problem.message ?? problem.title ?? `the server answered ${status}`);
    this.status = status;
    this.problem = problem;
  }
}
