"""The pages of the wizard, in the order of `ui.gui.flow.Page`. A page shows state and sends intents."""
