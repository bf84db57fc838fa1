/** Something outside the program keeps the database from starting or migrating. The message says what, and what to do. */
export class DatabaseSetupError extends Error {
  override readonly name = "DatabaseSetupError";
}
