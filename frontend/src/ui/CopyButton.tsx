import Check from "lucide-solid/icons/check";
import Copy from "lucide-solid/icons/copy";
import { Match, Switch } from "solid-js";
import { t } from "../i18n";
import { createCopied } from "../lib/createCopied";
import { Button } from "./Button";

/** Copies a text and confirms it. */
export function CopyButton(props: { text: string; label?: string }) {
  const [copied, copy] = createCopied();
  return (
    <Button size="small" onClick={() => void copy(props.text)}>
      <Switch
        fallback={
          <>
            <Copy class="size-3.5" aria-hidden="true" />
            {props.label ?? t("common.copy")}
          </>
        }
      >
        <Match when={copied() === "yes"}>
          <Check class="size-3.5 text-accent-text" aria-hidden="true" />
          <span role="status">{t("common.copied")}</span>
        </Match>
        <Match when={copied() === "failed"}>
          <span role="status">{t("common.copyByHand")}</span>
        </Match>
      </Switch>
    </Button>
  );
}
