/** CSS variable with the colour of an update's state, of firmware or software. */
export function stateColour(state: string): string {
  switch (state) {
    case 'Downloading':
    case 'Download Started':
      return '--fw-downloading';
    case 'Downloaded':
    case 'Delivered':
      return '--fw-downloaded';
    case 'Updating':
      return '--fw-updating';
    case 'Installed':
      return '--ok';
    default:
      return '--fw-idle';
  }
}
