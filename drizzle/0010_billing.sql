ALTER TABLE "model_price_overrides" ADD COLUMN "cache_write_micros_per_million" bigint;--> statement-breakpoint
ALTER TABLE "model_price_overrides" ADD COLUMN "cache_write_1h_micros_per_million" bigint;--> statement-breakpoint
ALTER TABLE "model_price_overrides" ADD COLUMN "input_audio_micros_per_million" bigint;--> statement-breakpoint
ALTER TABLE "model_price_overrides" ADD COLUMN "reasoning_micros_per_million" bigint;--> statement-breakpoint
ALTER TABLE "model_price_overrides" ADD COLUMN "output_audio_micros_per_million" bigint;--> statement-breakpoint
ALTER TABLE "model_price_overrides" ADD COLUMN "tiers" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "model_prices" ADD COLUMN "cache_write_micros_per_million" bigint;--> statement-breakpoint
ALTER TABLE "model_prices" ADD COLUMN "cache_write_1h_micros_per_million" bigint;--> statement-breakpoint
ALTER TABLE "model_prices" ADD COLUMN "input_audio_micros_per_million" bigint;--> statement-breakpoint
ALTER TABLE "model_prices" ADD COLUMN "reasoning_micros_per_million" bigint;--> statement-breakpoint
ALTER TABLE "model_prices" ADD COLUMN "output_audio_micros_per_million" bigint;--> statement-breakpoint
ALTER TABLE "model_prices" ADD COLUMN "tiers" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "model_prices" ADD COLUMN "capabilities" text[] DEFAULT '{}'::text[] NOT NULL;--> statement-breakpoint
ALTER TABLE "request_logs" ADD COLUMN "cache_write_tokens" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "request_logs" ADD COLUMN "cache_write_1h_tokens" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "request_logs" ADD COLUMN "input_audio_tokens" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "request_logs" ADD COLUMN "output_audio_tokens" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "usage_counters" ADD COLUMN "cache_write_tokens" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "usage_hourly" ADD COLUMN "cache_write_tokens" bigint DEFAULT 0 NOT NULL;