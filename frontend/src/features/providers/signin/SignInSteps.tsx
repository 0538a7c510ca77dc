import ExternalLink from "lucide-solid/icons/external-link";
import { type JSX, Show } from "solid-js";
import { t } from "../../../i18n";
import { createCountdown } from "../../../lib/createCountdown";
import { readText } from "../../../lib/form";
import { formatCountdown } from "../../../lib/format";
import { Button, buttonClass } from "../../../ui/Button";
import { Code } from "../../../ui/Code";
import { CopyButton } from "../../../ui/CopyButton";
import { TextAreaField } from "../../../ui/Field";
import { Form } from "../../../ui/Form";
import { Spinner } from "../../../ui/Spinner";
import type { ProviderLogin } from "./createProviderLogin";

type StepsProps = { login: ProviderLogin; name: string };

function Step(props: { number: number; title: string; children: JSX.Element }) {
  return (
    <li class="flex gap-3">
      <span
        aria-hidden="true"
        class="inline-flex size-6 shrink-0 items-center justify-center rounded-full bg-accent-soft text-sm font-semibold text-accent-text"
      >
        {props.number}
      </span>
      <div class="flex min-w-0 grow flex-col items-start gap-2">
        <p class="pt-0.5 font-medium">{props.title}</p>
        {props.children}
      </div>
    </li>
  );
}

function AwayLink(props: { href: string; children: JSX.Element }) {
  return (
    <a href={props.href} target="_blank" rel="noopener noreferrer" class={buttonClass("primary")}>
      {props.children}
      <ExternalLink class="size-4" aria-hidden="true" />
      <span class="sr-only">{t("signIn.newTab")}</span>
    </a>
  );
}

/** The time until the sign-in expires; only the server decides when it does. */
export function TimeLeft(props: { until: string }) {
  const left = createCountdown(() => props.until);
  return (
    <span class="text-sm text-muted tabular-nums" role="timer">
      <Show when={left() > 0} fallback={t("signIn.timeUp")}>
        {t("signIn.left", { clock: formatCountdown(left()) })}
      </Show>
    </span>
  );
}

/** Allow access in another tab, then paste the redirect URL. */
export function PasteSteps(
  props: StepsProps & { isBusy: boolean; onPaste: (text: string) => void },
) {
  return (
    <ol class="flex flex-col gap-5">
      <Step number={1} title={t("signIn.stepAllow", { name: props.name })}>
        <Show when={props.login.authorizeUrl}>
          {(url) => (
            <div class="flex flex-wrap gap-2">
              <AwayLink href={url()}>{t("signIn.open", { name: props.name })}</AwayLink>
              <CopyButton text={url()} label={t("signIn.copyAddress")} />
            </div>
          )}
        </Show>
      </Step>
      <Step number={2} title={t("signIn.stepCopy")}>
        <p class="text-muted">
          {t("signIn.noLoad")}
          <Show when={props.login.redirectUrl}>
            {(url) => (
              <>
                {" "}
                {t("signIn.begins")} <Code>{url()}</Code>
              </>
            )}
          </Show>
        </p>
      </Step>
      <Step number={3} title={t("signIn.stepPaste")}>
        <div class="w-full">
          <Form onSubmit={(form) => props.onPaste(readText(form, "redirectUrl"))}>
            <TextAreaField
              label={t("signIn.address")}
              name="redirectUrl"
              rows="3"
              autocomplete="off"
              spellcheck={false}
              placeholder={`${props.login.redirectUrl ?? "https://…"}?code=…&state=…`}
              required
            />
            <div>
              <Button tone="primary" type="submit" pending={props.isBusy}>
                {t("signIn.finish")}
              </Button>
            </div>
          </Form>
        </div>
      </Step>
    </ol>
  );
}

/** Enter a code at the provider. */
export function DeviceSteps(props: StepsProps) {
  const url = () => props.login.verificationUrlComplete ?? props.login.verificationUrl;
  return (
    <div class="flex flex-col gap-5">
      <ol class="flex flex-col gap-5">
        <Step number={1} title={t("signIn.stepCopyCode")}>
          <div class="flex w-full flex-wrap items-center gap-3 rounded-lg border border-line bg-inset px-4 py-3">
            <output
              aria-label={t("common.code")}
              class="grow font-mono text-2xl font-semibold tracking-widest break-all select-all"
            >
              {props.login.userCode}
            </output>
            <CopyButton text={props.login.userCode ?? ""} label={t("signIn.copyCode")} />
          </div>
        </Step>
        <Step number={2} title={t("signIn.enterCode", { name: props.name })}>
          <Show when={url()}>
            {(href) => <AwayLink href={href()}>{t("signIn.open", { name: props.name })}</AwayLink>}
          </Show>
          <p class="text-sm break-all text-muted">{props.login.verificationUrl}</p>
        </Step>
      </ol>
      <Waiting>{t("signIn.waiting", { name: props.name })}</Waiting>
    </div>
  );
}

/** Allow access in this tab; the provider redirects back. */
export function RedirectSteps(props: StepsProps) {
  return (
    <div class="flex flex-col items-start gap-3">
      <p class="text-muted">{t("signIn.redirect", { name: props.name })}</p>
      <Show when={props.login.authorizeUrl}>
        {(url) => (
          <a href={url()} class={buttonClass("primary")}>
            {t("signIn.goTo", { name: props.name })}
          </a>
        )}
      </Show>
    </div>
  );
}

/** Shows that the user has to wait. */
export function Waiting(props: { children: JSX.Element }) {
  return (
    <p role="status" class="flex items-center gap-2.5 text-muted">
      <Spinner />
      <span>{props.children}</span>
    </p>
  );
}
