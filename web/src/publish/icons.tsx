import { frame } from '../ui/icons'

export const Microphone = ({ off }: { off: boolean }) => (
  <svg {...frame}>
    <path d="M12 3.5a3 3 0 0 1 3 3V11a3 3 0 0 1-6 0V6.5a3 3 0 0 1 3-3zM5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21" />
    {off && <path d="m4 4 16 16" />}
  </svg>
)
