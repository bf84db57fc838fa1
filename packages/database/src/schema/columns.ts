import { sql } from "drizzle-orm";
import { bigint, customType, timestamp, uuid } from "drizzle-orm/pg-core";

/** Text that compares without regard to case; from the trusted extension `citext`. */
export const citext = customType<{ data: string; driverData: string }>({ dataType: () => "citext" });

/** A UUIDv7 made by PostgreSQL unless the writer brings its own. */
export const generatedId = () => uuid().notNull().default(sql`uuidv7()`);

/** A point in time, UTC, to the millisecond, so that a JavaScript `Date` holds it without loss. */
export const instant = () => timestamp({ withTimezone: true, precision: 3, mode: "date" });

/** The time of the row's creation. */
export const createdAt = () => instant().notNull().defaultNow();

/** A 64-bit count or an amount of micro-dollars. Values above 2^53 − 1 make the read fail, see `connection.ts`. */
export const whole = () => bigint({ mode: "number" });
