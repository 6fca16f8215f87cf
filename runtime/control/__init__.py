"""Access to a running runtime for operators (``ctl``) and for other processes of the user (``attach``)."""
