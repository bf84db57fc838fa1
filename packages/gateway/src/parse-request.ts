import { PerpetuoError } from "@perpetuo/contracts/errors";

type Issue = { path: readonly PropertyKey[]; message: string };
type Parsed<TRequest> = { success: true; data: TRequest } | { success: false; error: { issues: Issue[] } };
type Schema<TRequest> = { safeParse(value: unknown): Parsed<TRequest> };

/** A request's body in the shape that a translation reads. @throws {PerpetuoError} `invalid_request` naming the field. */
export function parseRequest<TRequest>(schema: Schema<TRequest>, body: Buffer): TRequest {
  const parsed = schema.safeParse(JSON.parse(body.toString("utf8")));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const param = pathText(issue?.path ?? []);
  throw new PerpetuoError("invalid_request", {
    message: `The field '${param}' is not valid: ${issue?.message ?? "wrong shape"}.`,
    param,
  });
}

/** `["messages", 2, "content"]` as `messages[2].content`, the form that OpenAI's own errors have. */
function pathText(path: readonly PropertyKey[]): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else text += text === "" ? String(step) : `.${String(step)}`;
  }
  return text;
}
