"""The playbook as a telephone menu: turns that say something and take digits, as JSON, TwiML and VoiceXML."""
