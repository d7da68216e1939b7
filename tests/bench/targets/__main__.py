"""`python -m bench.targets`; it imports nothing first, because the models' processes begin with this module."""

if __name__ == "__main__":
    from bench.targets.study import main

    main()
