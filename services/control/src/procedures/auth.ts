import {
  changePasswordInput,
  changePasswordOutput,
  listSessionsOutput,
  logInInput,
  logInOutput,
  logOutOutput,
  meOutput,
  revokeSessionInput,
  revokeSessionOutput,
  signUpInput,
  signUpOutput,
} from "@perpetuo/contracts/api/auth";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import { publicProcedure, router } from "./base.ts";

export const authRouter = router({
  signUp: publicProcedure
    .input(signUpInput)
    .output(signUpOutput)
    .mutation(() => {
      throw new PerpetuoError("not_ready");
    }),
  logIn: publicProcedure
    .input(logInInput)
    .output(logInOutput)
    .mutation(() => {
      throw new PerpetuoError("not_ready");
    }),
  logOut: publicProcedure.output(logOutOutput).mutation(() => {
    throw new PerpetuoError("not_ready");
  }),
  me: publicProcedure.output(meOutput).query(() => {
    throw new PerpetuoError("not_ready");
  }),
  changePassword: publicProcedure
    .input(changePasswordInput)
    .output(changePasswordOutput)
    .mutation(() => {
      throw new PerpetuoError("not_ready");
    }),
  listSessions: publicProcedure.output(listSessionsOutput).query(() => {
    throw new PerpetuoError("not_ready");
  }),
  revokeSession: publicProcedure
    .input(revokeSessionInput)
    .output(revokeSessionOutput)
    .mutation(() => {
      throw new PerpetuoError("not_ready");
    }),
});
