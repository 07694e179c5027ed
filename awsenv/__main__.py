from awsenv.cli.entry import main

main()
