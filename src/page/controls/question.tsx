import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { type Field, notice, type Question, question } from '../state/asking.ts';
import { Text } from '../text/text.tsx';

/** The question that is asked before a change. Escape answers no. */
export function QuestionDialog() {
  const asked = question.value;
  const dialog = useRef<HTMLDialogElement>(null);
  const shown = useRef<Question | undefined>(undefined);
  useEffect(() => {
    shown.current = asked;
    if (asked && !dialog.current?.open) dialog.current?.showModal();
    if (!asked) dialog.current?.close();
  }, [asked]);
  // The event of an answered question may come when the next one is already asked, and must not answer that.
  const onClose = () => {
    if (!dialog.current?.open && question.value === shown.current) question.value = undefined;
  };
  return (
    <dialog ref={dialog} class="question" aria-labelledby="question-title" onClose={onClose}>
      {asked && <Form asked={asked} key={asked.title} />}
    </dialog>
  );
}

function Form({ asked }: { asked: Question }) {
  const values = useSignal(Object.fromEntries((asked.fields ?? []).map(({ name, value = '' }) => [name, value])));
  const fault = useSignal('');
  const isBusy = useSignal(false);
  const answer = async () => {
    isBusy.value = true;
    try {
      notice.value = await asked.run(values.value);
      question.value = undefined;
    } catch (error) {
      fault.value = error instanceof Error ? error.message : String(error);
    }
    isBusy.value = false;
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!isBusy.value) void answer();
      }}
    >
      <h2 id="question-title">
        <Text text={asked.title} />
      </h2>
      <p class="question-text">
        <Text text={asked.text} />
      </p>
      {asked.fields?.map((field) => (
        <FieldInput
          key={field.name}
          field={field}
          value={values.value[field.name] ?? ''}
          onValue={(value) => (values.value = { ...values.value, [field.name]: value })}
        />
      ))}
      {fault.value && (
        <p class="fault" role="alert">
          <Text text={fault.value} />
        </p>
      )}
      <p class="question-end">
        <button type="button" onClick={() => (question.value = undefined)}>
          Cancel
        </button>
        <button type="submit" class="primary" disabled={isBusy.value}>
          {asked.action}
        </button>
      </p>
    </form>
  );
}

type FieldInputProps = { readonly field: Field; readonly value: string; readonly onValue: (value: string) => void };

function FieldInput({ field, value, onValue }: FieldInputProps) {
  const { name, label, hint, placeholder, isRequired = false, offers = [] } = field;
  return (
    <div class="question-field">
      <label>
        {label}
        <input
          name={name}
          value={value}
          required={isRequired}
          placeholder={placeholder}
          autocomplete="off"
          aria-describedby={hint === undefined ? undefined : `hint-${name}`}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
      </label>
      {offers.length > 0 && (
        <p class="row">
          {offers.map((offer) => (
            <button type="button" key={offer} aria-pressed={offer === value} onClick={() => onValue(offer)}>
              {offer}
            </button>
          ))}
        </p>
      )}
      {hint !== undefined && (
        <p class="hint" id={`hint-${name}`}>
          {hint}
        </p>
      )}
    </div>
  );
}
