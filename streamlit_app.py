"""The dashboard's entry: the script that Streamlit runs for every click."""

from app.main import main
from jobs.serving import provide_from_environment

provide_from_environment()
main()
