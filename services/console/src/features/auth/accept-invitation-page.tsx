import { api } from "@perpetuo/client/hooks";
import { MailX } from "lucide-react";
import { useEffect } from "react";
import { Link, useNavigate } from "react-router";
import { BrandMark } from "../../components/layout/brand.tsx";
import { useDocumentTitle } from "../../components/layout/page-header.tsx";
import { Button, buttonStyles } from "../../components/ui/button.tsx";
import { Callout } from "../../components/ui/callout.tsx";
import { Card } from "../../components/ui/card.tsx";
import { FormFailure } from "../../components/ui/failure.tsx";
import { StateMessage } from "../../components/ui/state-message.tsx";
import { messages } from "../../messages/messages.ts";
import { invitationTokens, useLinkToken } from "./link-token.ts";
import { logInPath } from "./return-path.ts";

const text = messages.team.accept;

/** What an invitation's link opens. The invited person logs in or signs up with the address that was invited. */
export function AcceptInvitationPage() {
  useDocumentTitle(text.pageTitle);
  const token = useLinkToken(invitationTokens);
  const preview = api.members.previewInvite.useMutation();
  const { mutate } = preview;
  useEffect(() => mutate({ token }), [mutate, token]);

  return (
    <main className="grid min-h-dvh place-items-center px-5 py-8">
      {preview.error !== null && (
        <StateMessage icon={MailX} headingLevel={1} title={text.invalidTitle} description={text.invalid} />
      )}
      {preview.data !== undefined && <Invitation invitation={preview.data} token={token} />}
      {preview.isPending && (
        <div aria-busy="true">
          <BrandMark className="size-8 animate-pulse-soft text-faint" />
          <span className="sr-only">{messages.common.loading}</span>
        </div>
      )}
    </main>
  );
}

type PreviewedInvitation = NonNullable<ReturnType<typeof api.members.previewInvite.useMutation>["data"]>;

function Invitation({ invitation, token }: { invitation: PreviewedInvitation; token: string }) {
  const session = api.auth.me.useQuery(undefined, { staleTime: 60_000 });
  return (
    <Card className="flex w-full max-w-sm flex-col gap-4 p-6">
      <div>
        <h1 className="text-lg font-semibold tracking-tight">{text.title(invitation.workspace_name)}</h1>
        <p className="mt-1 text-sm text-muted">
          {text.text(invitation.invited_by, messages.shell.roles[invitation.role])}
        </p>
        <p className="text-sm text-muted">{text.forAddress(invitation.email)}</p>
      </div>
      {!session.isPending && (
        <NextStep reader={session.data?.user.email ?? null} {...{ invitation, token }} />
      )}
    </Card>
  );
}

type NextStepProps = { reader: string | null; invitation: PreviewedInvitation; token: string };

/** `reader` is the address of whoever is logged in; null for nobody. */
function NextStep({ reader, invitation, token }: NextStepProps) {
  if (reader === null) return <EnterFirst />;
  if (reader.toLowerCase() === invitation.email.toLowerCase()) return <Accept token={token} />;
  return <Callout tone="warning">{text.otherAddress(reader)}</Callout>;
}

/** Both ways lead back here, where the tab remembers the token. */
function EnterFirst() {
  const logIn = logInPath({ pathname: "/app/invitation", search: "" });
  return (
    <div className="flex flex-col gap-2">
      <Link to={logIn} className={buttonStyles({ variant: "primary", size: "large" })}>
        {text.logIn}
      </Link>
      <Link to={logIn.replace("/app/login", "/app/signup")} className={buttonStyles({ size: "large" })}>
        {text.signUp}
      </Link>
    </div>
  );
}

function Accept({ token }: { token: string }) {
  const navigate = useNavigate();
  const utils = api.useUtils();
  const accept = api.members.acceptInvite.useMutation({
    onSuccess: async ({ id }) => {
      invitationTokens.forget();
      await utils.auth.me.reset();
      await navigate(`/app/${id}`, { replace: true });
    },
  });
  return (
    <>
      <FormFailure error={accept.error} />
      <Button
        variant="primary"
        size="large"
        pending={accept.isPending}
        onClick={() => accept.mutate({ token })}
      >
        {text.submit}
      </Button>
    </>
  );
}
