import type { JSX } from "solid-js";

type FormProps = {
  /** Receives the form's values, and the form element so that the handler can reset it. */
  onSubmit: (form: FormData, element: HTMLFormElement) => void;
  /** The form shows validation errors itself instead of the browser. */
  novalidate?: boolean;
  roomy?: boolean;
  /** Something was typed or chosen. */
  onInput?: () => void;
  children: JSX.Element;
};

/** A form that calls a handler instead of navigating. */
export function Form(props: FormProps) {
  return (
    <form
      class={`flex flex-col ${props.roomy ? "gap-5" : "gap-4"}`}
      novalidate={props.novalidate}
      onInput={() => props.onInput?.()}
      onSubmit={(event) => {
        event.preventDefault();
        props.onSubmit(new FormData(event.currentTarget), event.currentTarget);
      }}
    >
      {props.children}
    </form>
  );
}
