-- The default is set apart from the column, so that no row of a large table is rewritten and old rows stay null.
ALTER TABLE "request_logs" ADD COLUMN "recorded_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "request_logs" ALTER COLUMN "recorded_at" SET DEFAULT clock_timestamp();--> statement-breakpoint
CREATE INDEX "request_logs_recorded_index" ON "request_logs" USING btree ("workspace_id","recorded_at");
