/** A file made in the page. */
interface DownloadProps {
  readonly name: string;
  readonly label: string;
  text(): string;
}

export function Download({ name, label, text }: DownloadProps) {
  const save = (): void => {
    const address = URL.createObjectURL(new Blob([text()], { type: 'text/csv;charset=utf-8' }));
    const link = document.createElement('a');
    link.href = address;
    link.download = name;
    link.click();
    URL.revokeObjectURL(address);
  };
  return (
    <button type="button" class="button" onClick={save}>
      {label}
    </button>
  );
}
