/** Files to keep: made in the page, or fetched as the visitor, whose token no link would carry. */

import { useSignal } from '@preact/signals';
import { messageOf, request } from '../client.ts';

interface DownloadProps {
  readonly name: string;
  readonly label: string;
  text(): string;
}

export function Download({ name, label, text }: DownloadProps) {
  return (
    <button type="button" class="button" onClick={() => save(name, text())}>
      {label}
    </button>
  );
}

export function FetchedFile({ name, label, path }: Omit<DownloadProps, 'text'> & { readonly path: string }) {
  const trouble = useSignal('');
  const fetched = async (): Promise<void> => {
    try {
      save(name, await (await request(path, {})).text());
      trouble.value = '';
    } catch (error) {
      trouble.value = messageOf(error);
    }
  };
  return (
    <>
      <button type="button" class="button" onClick={() => void fetched()}>
        {label}
      </button>
      {trouble.value !== '' && (
        <span class="editor-fault" role="alert">
          {trouble.value}
        </span>
      )}
    </>
  );
}

function save(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
