CREATE TABLE "policies" (
	"workspace_id" uuid NOT NULL,
	"id" uuid DEFAULT uuidv7() NOT NULL,
	"name" text NOT NULL,
	"timeouts" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"max_attempts" integer,
	"max_output_tokens" integer,
	"stickiness" text DEFAULT 'off' NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "policies_workspace_id_id_pk" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
CREATE TABLE "routes" (
	"workspace_id" uuid NOT NULL,
	"id" uuid DEFAULT uuidv7() NOT NULL,
	"name" text NOT NULL,
	"match" jsonb NOT NULL,
	"strategy" text NOT NULL,
	"targets" jsonb NOT NULL,
	"policy_id" uuid,
	"position" integer NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "routes_workspace_id_id_pk" PRIMARY KEY("workspace_id","id"),
	CONSTRAINT "routes_position_positive" CHECK ("routes"."position" > 0)
);
--> statement-breakpoint
ALTER TABLE "policies" ADD CONSTRAINT "policies_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "routes" ADD CONSTRAINT "routes_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "routes" ADD CONSTRAINT "routes_policy" FOREIGN KEY ("workspace_id","policy_id") REFERENCES "public"."policies"("workspace_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
-- Only control reads and writes drafts; the proxy obeys what is published.
do $$
declare
  table_name text;
begin
  foreach table_name in array array['policies', 'routes'] loop
    execute format('alter table %I enable row level security', table_name);
    execute format('alter table %I force row level security', table_name);
    execute format(
      'create policy workspace_isolation on %I
         using (workspace_id = nullif(current_setting(''app.workspace_id'', true), '''')::uuid)
         with check (workspace_id = nullif(current_setting(''app.workspace_id'', true), '''')::uuid)',
      table_name);
    execute format(
      'create trigger audit after insert or update or delete on %I for each row execute function perpetuo_audit(''id'')',
      table_name);
  end loop;
end
$$;
--> statement-breakpoint
grant select, insert, update, delete on policies, routes to perpetuo_control;
--> statement-breakpoint
-- A checksum is that of the canonical text, whose fields are in order. Versions that were made with their workspaces hold
-- no routes and had the checksum of a text in another order.
alter table config_versions no force row level security;
--> statement-breakpoint
alter table config_versions disable trigger append_only;
--> statement-breakpoint
update config_versions
  set checksum = encode(sha256(convert_to(
    case when snapshot ? 'policies' then '{"format":1,"policies":[],"routes":[]}' else '{"format":1,"routes":[]}' end,
    'UTF8')), 'hex')
  where snapshot in ('{"format": 1, "routes": [], "policies": []}', '{"format": 1, "routes": []}');
--> statement-breakpoint
alter table config_versions enable trigger append_only;
--> statement-breakpoint
alter table config_versions force row level security;
