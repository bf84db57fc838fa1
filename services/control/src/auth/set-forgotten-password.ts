import { PerpetuoError } from "@perpetuo/contracts/errors";
import {
  findUserOfReset,
  removePasswordResets,
  takePasswordReset,
} from "@perpetuo/database/queries/control/password-resets";
import { removeSessionsOfUser } from "@perpetuo/database/queries/control/sessions";
import { updatePasswordHash } from "@perpetuo/database/queries/control/users";
import { asUser, type Origin } from "@perpetuo/database/workspace-transaction";
import type { ControlServices } from "../context.ts";
import { hashOneTimeToken } from "../one-time-token.ts";
import { refuseCommonPassword } from "./passwords.ts";

/**
 * Sets the password of the user whom a token names. In one transaction the token is used up, every other link becomes
 * useless and every session ends. A password that is refused leaves the token as it is.
 * @throws {PerpetuoError} `link_invalid`, `password_too_common`.
 */
export async function setForgottenPassword(
  { database, passwords, throttle }: Pick<ControlServices, "database" | "passwords" | "throttle">,
  input: { token: string; new_password: string },
  origin: Origin,
): Promise<void> {
  const tokenHash = hashOneTimeToken(input.token);
  const user = await findUserOfReset(database, tokenHash);
  if (user === null) throw new PerpetuoError("link_invalid");
  refuseCommonPassword(input.new_password, user.email);
  const password_hash = await passwords.hash(input.new_password);
  await asUser(database, { user_id: user.id, ...origin }, async (transaction) => {
    const outcome = await takePasswordReset(transaction, tokenHash);
    if (outcome.kind === "gone") throw new PerpetuoError("link_invalid");
    await updatePasswordHash(transaction, { id: user.id, password_hash });
    await removePasswordResets(transaction, user.id);
    await removeSessionsOfUser(transaction, user.id);
  });
  // Guesses of the old password must not keep its owner out.
  await throttle.loggedIn(user.email);
}
