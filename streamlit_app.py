"""The dashboard's entry: the script that Streamlit runs for every click."""

from app.main import main

main()
