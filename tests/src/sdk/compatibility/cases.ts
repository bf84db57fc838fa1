import { answerCases } from "./answer-cases.ts";
import { failureCases } from "./failure-cases.ts";

/** The rows of the matrix, in the document's order. */
export const cases = { ...answerCases, ...failureCases };

export type CaseId = keyof typeof cases;

export const caseIds = Object.keys(cases) as CaseId[];
