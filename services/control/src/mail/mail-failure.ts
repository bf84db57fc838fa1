/** What the log says of a mail that was not sent. */
export type MailFailure = {
  /** Nodemailer's or Node's, such as EAUTH or ECONNREFUSED. */
  code: string | null;
  /** The reply code of SMTP. */
  response_code: number | null;
  reason: string;
};

/** Secrets shorter than this would be found in ordinary words. */
const shortestSecret = 4;

/**
 * Why a mail failed, without the credentials: a mail server may repeat in its refusal what it was sent, which for AUTH
 * PLAIN (RFC 4616) and AUTH LOGIN is the password in base64.
 */
export function describeMailFailure(error: unknown, url: string): MailFailure {
  const { code, responseCode, message } = error as {
    code?: unknown;
    responseCode?: unknown;
    message?: unknown;
  };
  let reason = typeof message === "string" ? message : String(error);
  for (const secret of secretsOf(url)) reason = reason.replaceAll(secret, "[hidden]");
  return {
    code: typeof code === "string" ? code : null,
    response_code: typeof responseCode === "number" ? responseCode : null,
    reason,
  };
}

/** The password of the address, in every form in which SMTP sends it. */
function secretsOf(url: string): string[] {
  const parsed = new URL(url);
  const [user, password] = [decoded(parsed.username), decoded(parsed.password)];
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const sent = [password, base64(password), base64(`\u0000${user}\u0000${password}`)];
  return sent.filter((secret) => password !== "" && secret.length >= shortestSecret);
}

/** As it stands where it is not well encoded, because a failure must not be lost in another one. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
