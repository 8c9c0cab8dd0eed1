/** For whoever has no session: a token of the API opens the console too. */
import { useSignal } from '@preact/signals';
import { messageOf, SignedOutError } from '../client.ts';
import { t } from '../language.ts';
import { signIn } from '../session.ts';

export function SignIn() {
  const token = useSignal('');
  const trouble = useSignal('');
  const enter = async (): Promise<void> => {
    trouble.value = '';
    try {
      await signIn(token.value.trim());
    } catch (error) {
      trouble.value = error instanceof SignedOutError ? t('sign.wrong') : messageOf(error);
    }
  };
  return (
    <section class="card sign-in" aria-labelledby="sign-title">
      <h2 id="sign-title">{t('sign.title')}</h2>
      <p class="hint">{t('sign.hint')}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void enter();
        }}
      >
        <label class="field">
          <span>{t('sign.token')}</span>
          <input
            type="password"
            autocomplete="off"
            required
            value={token.value}
            onInput={(event) => {
              token.value = event.currentTarget.value;
            }}
          />
        </label>
        <button type="submit" class="button button-main">
          {t('sign.enter')}
        </button>
        {trouble.value !== '' && (
          <p class="trouble" role="alert">
            {trouble.value}
          </p>
        )}
      </form>
    </section>
  );
}
