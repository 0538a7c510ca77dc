import { createUniqueId, For, type JSX, Show, splitProps } from "solid-js";

const INPUT =
  "w-full rounded-lg border border-line-strong bg-field px-3 text-ink disabled:opacity-60 aria-invalid:border-bad";

type Described = {
  label: string;
  /** The expected input, or its purpose. */
  hint?: JSX.Element;
  /** The validation error. */
  fault?: string;
};

function Frame(props: Described & { id: string; children: JSX.Element }) {
  return (
    <div class="flex flex-col gap-1.5">
      <label for={props.id} class="font-medium">
        {props.label}
      </label>
      {props.children}
      <Show when={props.hint}>
        <p id={`${props.id}-hint`} class="text-sm text-muted">
          {props.hint}
        </p>
      </Show>
      <Show when={props.fault}>
        <p id={`${props.id}-fault`} role="alert" class="text-sm text-bad">
          {props.fault}
        </p>
      </Show>
    </div>
  );
}

function describedBy(id: string, described: Described): string | undefined {
  const parts = [described.hint && `${id}-hint`, described.fault && `${id}-fault`];
  return parts.filter(Boolean).join(" ") || undefined;
}

/** A single-line text field with label, hint and error. */
export function TextField(props: Described & JSX.InputHTMLAttributes<HTMLInputElement>) {
  const [own, rest] = splitProps(props, ["label", "hint", "fault"]);
  const id = createUniqueId();
  return (
    <Frame id={id} {...own}>
      <input
        type="text"
        {...rest}
        id={id}
        class={`${INPUT} h-9`}
        aria-invalid={own.fault ? "true" : undefined}
        aria-describedby={describedBy(id, own)}
      />
    </Frame>
  );
}

/** A multi-line text field with label, hint and error. */
export function TextAreaField(props: Described & JSX.TextareaHTMLAttributes<HTMLTextAreaElement>) {
  const [own, rest] = splitProps(props, ["label", "hint", "fault"]);
  const id = createUniqueId();
  return (
    <Frame id={id} {...own}>
      <textarea
        rows="3"
        {...rest}
        id={id}
        class={`${INPUT} py-2`}
        aria-invalid={own.fault ? "true" : undefined}
        aria-describedby={describedBy(id, own)}
      />
    </Frame>
  );
}

/** A file input with label, hint and error. */
export function FileField(props: Described & JSX.InputHTMLAttributes<HTMLInputElement>) {
  const [own, rest] = splitProps(props, ["label", "hint", "fault"]);
  const id = createUniqueId();
  return (
    <Frame id={id} {...own}>
      <input
        {...rest}
        type="file"
        id={id}
        class={`${INPUT} py-1.5 file:mr-3 file:rounded-md file:border-0 file:bg-hover file:px-2.5 file:py-1 file:font-medium file:text-ink`}
        aria-invalid={own.fault ? "true" : undefined}
        aria-describedby={describedBy(id, own)}
      />
    </Frame>
  );
}

/** An option of a choice: its value and its visible label. */
export type Option = { value: string; label: string };

/** A select with label, hint and error. */
export function SelectField(
  props: Described & { options: readonly Option[] } & JSX.SelectHTMLAttributes<HTMLSelectElement>,
) {
  const [own, rest] = splitProps(props, ["label", "hint", "fault", "options", "value"]);
  const id = createUniqueId();
  return (
    <Frame id={id} {...own}>
      <select {...rest} id={id} class={`${INPUT} h-9`} aria-describedby={describedBy(id, own)}>
        <For each={own.options}>
          {(option) => (
            <option value={option.value} selected={option.value === own.value}>
              {option.label}
            </option>
          )}
        </For>
      </select>
    </Frame>
  );
}

/** A checkbox with label and hint. */
export function CheckField(props: Described & JSX.InputHTMLAttributes<HTMLInputElement>) {
  const [own, rest] = splitProps(props, ["label", "hint", "fault"]);
  const id = createUniqueId();
  return (
    <div class="flex items-start gap-2.5">
      <input
        type="checkbox"
        {...rest}
        id={id}
        class="mt-0.5 size-4 shrink-0 accent-accent-text"
        aria-describedby={describedBy(id, own)}
      />
      <div>
        <label for={id} class="font-medium">
          {own.label}
        </label>
        <Show when={own.hint}>
          <p id={`${id}-hint`} class="text-sm text-muted">
            {own.hint}
          </p>
        </Show>
      </div>
    </div>
  );
}
