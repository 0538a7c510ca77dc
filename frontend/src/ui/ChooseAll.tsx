import { createEffect } from "solid-js";
import type { createChosen } from "../lib/createChosen";
import { Head } from "./Table";

type ChooseAllProps = {
  label: string;
  chosen: Pick<ReturnType<typeof createChosen>, "isAll" | "chosen" | "chooseAll">;
};

/** The head of a column of checkboxes, which chooses all rows of the page. */
export function ChooseAll(props: ChooseAllProps) {
  let box: HTMLInputElement | undefined;
  createEffect(() => {
    if (box) box.indeterminate = props.chosen.chosen().length > 0 && !props.chosen.isAll();
  });
  return (
    <Head class="w-px">
      <input
        type="checkbox"
        aria-label={props.label}
        checked={props.chosen.isAll()}
        ref={box}
        onChange={(event) => props.chosen.chooseAll(event.currentTarget.checked)}
        class="size-4 align-middle accent-accent-text"
      />
    </Head>
  );
}
