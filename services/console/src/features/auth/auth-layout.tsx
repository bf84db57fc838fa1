import type { ReactNode } from "react";
import { Link } from "react-router";
import { Brand } from "../../components/layout/brand.tsx";
import { useDocumentTitle } from "../../components/layout/page-header.tsx";
import { messages } from "../../messages/messages.ts";

type AuthLayoutProps = {
  title: string;
  switchText: string;
  switchLink: { to: string; label: string };
  children: ReactNode;
};

/** The frame of log-in and sign-up. */
export function AuthLayout({ title, switchText, switchLink, children }: AuthLayoutProps) {
  useDocumentTitle(title);
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-sm flex-col px-5 py-8 sm:justify-center">
      <Brand className="text-lg" />
      <p className="mt-1 text-sm text-muted">{messages.auth.tagline}</p>
      <section className="mt-7 rounded-xl border border-line bg-surface p-5 shadow-raised sm:p-6">
        <h1 className="mb-4 text-lg font-semibold tracking-tight">{title}</h1>
        {children}
      </section>
      <p className="mt-4 text-center text-sm text-muted">
        {switchText}{" "}
        <Link to={switchLink.to} className="font-medium text-accent underline-offset-4 hover:underline">
          {switchLink.label}
        </Link>
      </p>
    </main>
  );
}
