"""When and where Enishi runs: settings, plain ingestion functions, the Prefect flow over them, and the command line."""
