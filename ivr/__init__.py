"""The face one talks to: the phone dialog, calls, voicemail."""
