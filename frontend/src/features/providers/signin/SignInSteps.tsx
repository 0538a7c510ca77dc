import ExternalLink from "lucide-solid/icons/external-link";
import { type JSX, Show } from "solid-js";
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
import { words } from "./words";

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
      <span class="sr-only">{words().newTab}</span>
    </a>
  );
}

/** How long the provider, or the server, still waits; the server alone decides when it is over. */
export function TimeLeft(props: { until: string }) {
  const left = createCountdown(() => props.until);
  return (
    <span class="text-sm text-muted tabular-nums" role="timer">
      <Show when={left() > 0} fallback={words().timeUp}>
        {words().left(formatCountdown(left()))}
      </Show>
    </span>
  );
}

/** Consent in another tab, then bring back the address that it ended on. */
export function PasteSteps(
  props: StepsProps & { isBusy: boolean; onPaste: (text: string) => void },
) {
  return (
    <ol class="flex flex-col gap-5">
      <Step number={1} title={words().stepAllow(props.name)}>
        <Show when={props.login.authorizeUrl}>
          {(url) => (
            <div class="flex flex-wrap gap-2">
              <AwayLink href={url()}>{words().open(props.name)}</AwayLink>
              <CopyButton text={url()} label={words().copyAddress} />
            </div>
          )}
        </Show>
      </Step>
      <Step number={2} title={words().stepCopy}>
        <p class="text-muted">
          {words().noLoad}
          <Show when={props.login.redirectUrl}>
            {(url) => (
              <>
                {" "}
                {words().begins} <Code>{url()}</Code>
              </>
            )}
          </Show>
        </p>
      </Step>
      <Step number={3} title={words().stepPaste}>
        <div class="w-full">
          <Form onSubmit={(form) => props.onPaste(readText(form, "redirectUrl"))}>
            <TextAreaField
              label={words().address}
              name="redirectUrl"
              rows="3"
              autocomplete="off"
              spellcheck={false}
              placeholder={`${props.login.redirectUrl ?? "https://…"}?code=…&state=…`}
              required
            />
            <div>
              <Button tone="primary" type="submit" pending={props.isBusy}>
                {words().finish}
              </Button>
            </div>
          </Form>
        </div>
      </Step>
    </ol>
  );
}

/** Type a code at the provider; the rest goes by itself. */
export function DeviceSteps(props: StepsProps) {
  const url = () => props.login.verificationUrlComplete ?? props.login.verificationUrl;
  return (
    <div class="flex flex-col gap-5">
      <ol class="flex flex-col gap-5">
        <Step number={1} title={words().stepCopyCode}>
          <div class="flex w-full flex-wrap items-center gap-3 rounded-lg border border-line bg-inset px-4 py-3">
            <output
              aria-label={words().code}
              class="grow font-mono text-2xl font-semibold tracking-widest break-all select-all"
            >
              {props.login.userCode}
            </output>
            <CopyButton text={props.login.userCode ?? ""} label={words().copyCode} />
          </div>
        </Step>
        <Step number={2} title={words().enterCode(props.name)}>
          <Show when={url()}>
            {(href) => <AwayLink href={href()}>{words().open(props.name)}</AwayLink>}
          </Show>
          <p class="text-sm break-all text-muted">{props.login.verificationUrl}</p>
        </Step>
      </ol>
      <Waiting>{words().waiting(props.name)}</Waiting>
    </div>
  );
}

/** Consent in this very tab; the browser comes back by itself. */
export function RedirectSteps(props: StepsProps) {
  return (
    <div class="flex flex-col items-start gap-3">
      <p class="text-muted">{words().redirect(props.name)}</p>
      <Show when={props.login.authorizeUrl}>
        {(url) => (
          <a href={url()} class={buttonClass("primary")}>
            {words().goTo(props.name)}
          </a>
        )}
      </Show>
    </div>
  );
}

/** Says that nothing is to be done for now. */
export function Waiting(props: { children: JSX.Element }) {
  return (
    <p role="status" class="flex items-center gap-2.5 text-muted">
      <Spinner />
      <span>{props.children}</span>
    </p>
  );
}
